/**
 * Encodes an id or a name as one segment of a path.
 * @throws RangeError for a segment that URLs cannot carry: URL parsers resolve `.` and `..`, also
 * when they are encoded, so that the request would go to another resource.
 */
export function pathSegment(idOrName: string | number): string {
  const text = String(idOrName);
  if (text === '' || text === '.' || text === '..')
    throw new RangeError(`A resource cannot be addressed as "${text}"; use its id.`);
  return encodeURIComponent(text);
}
