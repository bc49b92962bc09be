import { describe, expect, it } from '@jest/globals';
import { openApiDocument } from './document.ts';
import { localReferences } from './local-references.ts';

const { resolveSubtree } = localReferences().fn;

describe('localReferences', () => {
  it('resolves every operation of the document', async () => {
    const document = openApiDocument();
    const { schemas } = document.components as { schemas: Record<string, object> };
    for (const [path, item] of Object.entries(document.paths))
      for (const method of Object.keys(item)) {
        const { spec, errors } = await resolveSubtree(document, ['paths', path, method]);
        expect(errors).toEqual([]);
        expect(JSON.stringify(spec)).not.toContain('"$ref"');
        expect(spec).toMatchObject({
          operationId: expect.any(String),
          responses: {
            400: { content: { 'application/problem+json': { schema: schemas['Problem'] } } },
          },
        });
      }
  });

  it('keeps members beside a reference, cycles, and references to nothing', async () => {
    const document = {
      paths: {
        '/a~b': {
          get: {
            beside: { $ref: '#/parts/plain', description: 'own' },
            escaped: { $ref: '#/paths/~1a~0b/get/list/1' },
            cycle: { $ref: '#/parts/cycle' },
            missing: { $ref: '#/parts/missing' },
            inherited: { $ref: '#/parts/constructor' },
            list: [1, { text: 'two' }, null],
          },
        },
      },
      parts: {
        plain: { type: 'string', description: 'shared' },
        cycle: { items: { $ref: '#/parts/cycle' } },
      },
    };
    const { spec } = await resolveSubtree(document, ['paths', '/a~b', 'get']);
    expect(spec).toEqual({
      beside: { type: 'string', description: 'own' },
      escaped: { text: 'two' },
      cycle: { items: { $ref: '#/parts/cycle' } },
      missing: { $ref: '#/parts/missing' },
      inherited: { $ref: '#/parts/constructor' },
      list: [1, { text: 'two' }, null],
    });
    expect(document.parts.plain).toEqual({ type: 'string', description: 'shared' });
  });
});
