/** Thrown when a resource cannot be compiled, with the property at fault. */
export class CompileFault extends Error {
  /** RFC 6901 JSON Pointer. */
  readonly pointer: string;

  constructor(pointer: string, reason: string) {
    super(reason);
    this.pointer = pointer;
  }
}

/** The property at fault, for any error that names one; empty otherwise. */
export function pointerOf(fault: unknown): string {
  const pointer = fault instanceof Error ? (fault as { pointer?: unknown }).pointer : undefined;
  return typeof pointer === 'string' ? pointer : '';
}
