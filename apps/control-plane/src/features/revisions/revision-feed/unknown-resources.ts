/** The resources of kinds that this release does not know: only how many of each kind there are. */
export class UnknownResources {
  private readonly ids = new Map<string, Set<string>>();

  /** Kinds of which there is at least one resource. */
  get kinds(): readonly string[] {
    return [...this.ids.keys()];
  }

  /** Records that a resource exists, or that it was deleted. */
  settle(kind: string, id: string, exists: boolean): void {
    const known = this.ids.get(kind);
    if (exists) {
      if (known === undefined) this.ids.set(kind, new Set([id]));
      else known.add(id);
    } else if (known?.delete(id) === true && known.size === 0) this.ids.delete(kind);
  }
}
