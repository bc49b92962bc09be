/**
 * The members of a field that is a comma-separated list of tokens or the like, over all its lines
 * and in order, without surrounding white space. Empty members are ignored, as RFC 9110 section
 * 5.6.1.2 asks of recipients. Quoted strings are not looked into: a comma in one would part it.
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
