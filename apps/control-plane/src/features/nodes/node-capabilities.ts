/** What a node can be sent. */
export interface NodeCapabilities {
  /** Level of the node's schemas; 0 when it does not say. */
  readonly schemaLevel: number;
  /** The kinds of resources that it understands, sorted; empty when it does not name them. */
  readonly kinds: readonly string[];
  /** False when the connection to the node is readable by others. */
  readonly mayReceiveSecrets: boolean;
}
