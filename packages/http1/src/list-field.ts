/**
 * The members of a comma-separated list field, over all its lines and in order, without surrounding
 * white space. Empty members are ignored, as RFC 9110 section 5.6.1.2 asks of recipients. Quoted
 * strings are not recognised: a comma in one separates members.
 *
 * @param lines the values of all field lines of that name
 */
export function listItems(lines: readonly string[]): string[] {
  const items: string[] = [];
  for (const line of lines) {
    for (const part of line.split(',')) {
      const item = part.trim();
      if (item !== '') items.push(item);
    }
  }
  return items;
}
