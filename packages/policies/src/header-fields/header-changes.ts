import type { Exchange } from '@sluice/policy-sdk';

type HeaderList = Exchange['headers'];

/** The changes that a configuration makes to the fields of a message. */
export interface HeaderChanges {
  readonly remove: readonly string[];
  readonly rename: Readonly<Record<string, string>>;
  readonly set: Readonly<Record<string, string>>;
  readonly add: Readonly<Record<string, string>>;
}

/**
 * Compiles changes once. They apply in the order remove, rename, set, add, in whatever order they
 * are written. Renames apply all at once, to the names that the message came with.
 */
export function headerChanges({
  remove,
  rename,
  set,
  add,
}: HeaderChanges): (headers: HeaderList) => void {
  const removed = remove.map((name) => name.toLowerCase());
  const renamed = new Map(Object.entries(rename).map(([from, to]) => [from.toLowerCase(), to]));
  // One after the other is quicker, and the same unless a new name is an old name as well.
  const isChained = [...renamed.values()].some((to) => renamed.has(to.toLowerCase()));
  const replaced = Object.entries(set);
  const added = Object.entries(add);
  return (headers) => {
    for (const name of removed) headers.remove(name);
    if (isChained) headers.renameEach(renamed);
    else for (const [from, to] of renamed) headers.rename(from, to);
    for (const [name, value] of replaced) headers.set(name, value);
    for (const [name, value] of added) headers.add(name, value);
  };
}
