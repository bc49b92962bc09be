import { describe, expect, it } from '@jest/globals';
import { AdminHttpAdapter } from './admin-http-adapter.ts';
import { checkRouter } from './allowed-methods.ts';

describe('checkRouter', () => {
  it('accepts the routes of this version of Express', () => {
    const adapter = new AdminHttpAdapter();
    adapter.get('/a', () => undefined);
    expect(() => checkRouter(adapter.getInstance() as object)).not.toThrow();
  });

  const layer = { route: { methods: { get: true } }, match: () => true };
  it.each<[string, object]>([
    ['router', {}],
    ['stack', { router: {} }],
    ['stack as a list', { router: { stack: new Set([layer]) } }],
    ['route', { router: { stack: [{ match: layer.match }] } }],
    ['methods of a route', { router: { stack: [layer, { ...layer, route: {} }] } }],
    ['match of a layer', { router: { stack: [{ route: layer.route }] } }],
  ])('fails without the %s', (_, odd) => {
    expect(() => checkRouter(odd)).toThrow(/^Express keeps its routes in another form/);
  });
});
