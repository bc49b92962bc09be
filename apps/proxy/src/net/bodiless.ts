/** Whether a response has no content regardless of its fields (RFC 9110 section 6.4.1). */
export function isBodiless(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304;
}

/**
 * 205 (Reset Content): its content is dropped, and Content-Length: 0 states its end (RFC 9110
 * section 15.3.6).
 */
export const RESET_CONTENT = 205;
