const form = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Whether a node may use the text as its id. */
export function isNodeId(text: string): boolean {
  return form.test(text);
}
