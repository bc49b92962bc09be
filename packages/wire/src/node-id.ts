const form = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** True for a text that a node may use as its id. */
export function isNodeId(text: string): boolean {
  return form.test(text);
}
