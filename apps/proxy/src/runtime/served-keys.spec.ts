import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { removal, resource } from './testing/resources.ts';
import { keyResource, open, TargetFixture } from './testing/target-fixture.ts';

describe('RuntimeTarget', () => {
  const fixture = new TargetFixture();
  beforeEach(() => fixture.start());
  afterEach(() => fixture.stop());

  describe('keys', () => {
    const gateway = resource('gateway', { name: 'default', policies: [{ name: 'key-auth' }] });

    it('of an unknown consumer are invalid until the consumer exists', async () => {
      await fixture.proxy.apply([gateway, open, keyResource('acme')]);
      expect(await fixture.answer('/', 'acme')).toBe('invalid_credential');
      fixture.delta(resource('consumer', { username: 'acme' }));
      expect(await fixture.answer('/', 'acme')).toBe('open');
      fixture.delta(removal(resource('consumer', { username: 'acme' })));
      expect(await fixture.answer('/', 'acme')).toBe('invalid_credential');
    });

    it('that were removed are invalid from the next request on', async () => {
      await fixture.proxy.apply([
        gateway,
        open,
        resource('consumer', { username: 'acme' }),
        keyResource('acme'),
      ]);
      expect(await fixture.answer('/', 'acme')).toBe('open');
      fixture.delta(removal(keyResource('acme')));
      expect(await fixture.answer('/', 'acme')).toBe('invalid_credential');
    });

    it.each(['the new one first', 'the old one first'])(
      'may move to another key resource in one revision, %s',
      async (order) => {
        await fixture.proxy.apply([
          gateway,
          open,
          resource('consumer', { username: 'acme' }),
          keyResource('acme'),
        ]);
        const again = { ...keyResource('acme'), id: 'key-second' };
        const changes = [again, removal(keyResource('acme'))];
        fixture.delta(...(order === 'the new one first' ? changes : changes.toReversed()));
        expect(await fixture.answer('/', 'acme')).toBe('open');
      },
    );
  });
});
