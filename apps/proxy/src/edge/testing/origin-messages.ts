/** A response of an upstream as text. @param fields each with its line end. Tests only. */
export function says(fields: string, content = '', statusLine = 'HTTP/1.1 200 OK'): string {
  return `${statusLine}\r\n${fields}\r\n${content}`;
}

/** A 200 with a Content-Length, as text. Tests only. */
export function sized(content: string): string {
  return says(`Content-Length: ${content.length}\r\n`, content);
}

/** Field lines of 1,000 bytes each, with this many bytes in total. Tests only. */
export function fieldsOfBytes(bytes: number): string {
  return `X: ${'a'.repeat(995)}\r\n`.repeat(bytes / 1_000);
}
