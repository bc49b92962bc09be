import { describe, expect, it } from '@jest/globals';
import { kindOf, kinds, referencesOf, resourceSchemas } from './index.ts';
import type { Kind, Spec } from './index.ts';

const declarations = kinds.map((kind) => kindOf(kind));

describe('declared kinds', () => {
  it('have names and collections of their own', () => {
    const words = declarations.flatMap(({ name, collection }) => [name, collection]);
    expect(new Set(words).size).toBe(words.length);
    for (const word of words) expect(word).toMatch(/^[a-z][A-Za-z]*$/);
  });

  it.each(declarations.map((each) => [each.name, each] as const))(
    'refer to kinds that stand before them: %s',
    (name, { references, owner }) => {
      const before = kinds.slice(0, kinds.indexOf(name as Kind)) as readonly string[];
      for (const target of Object.values(references)) expect(before).toContain(target);
      if (owner !== undefined) expect(references[owner.property]).toBe(owner.kind);
    },
  );

  it.each(declarations.map((each) => [each.name, each] as const))(
    'have an example that is valid and refers to nothing: %s',
    (name, { schema, input, nameProperty, owner, example, stored }) => {
      const written = { [nameProperty]: 'example', ...example('example'), tags: ['team:example'] };
      expect((input ?? schema).safeParse(written).error).toBeUndefined();
      const parsed = schema.parse(input === undefined ? written : { ...written, ...stored });
      const targets = referencesOf(name as Kind, parsed as Spec)
        .filter(({ pointer }) => pointer !== `/${owner?.property}`)
        .map(({ target }) => target);
      expect(targets.filter((target) => target !== 'default')).toEqual([]);
    },
  );

  it('reach a gateway by their references when they are delivered by gateway', () => {
    const reached = new Set<string>(['gateway']);
    for (const { name, references } of [...declarations].reverse()) {
      const names = Object.values(references);
      if (reached.has(name) || names.includes('gateway'))
        for (const each of [name, ...names]) reached.add(each);
    }
    const unreachable = declarations.filter(
      ({ name, delivery }) => delivery === 'by-gateway' && !reached.has(name),
    );
    expect(unreachable.map(({ name }) => name)).toEqual([]);
  });

  it('have one schema each', () => expect(Object.keys(resourceSchemas)).toEqual([...kinds]));
});
