import { describe, expect, it } from '@jest/globals';
import type { Spec } from '@sluice/config';
import type { ServedCredential } from '../served.ts';
import { CredentialIndex } from './credential-index.ts';

const mtls = (id: string, ca: string, identity: string): ServedCredential => {
  const spec = { type: 'mtls' as const, name: id, consumer: 'c', ca, identity, tags: [] };
  return { kind: 'credential', id, name: id, spec: spec as Spec<'credential'> };
};

describe('CredentialIndex', () => {
  const idAt = (index: CredentialIndex, lookup: string): string | undefined =>
    index.find('mtls', lookup, 1, ({ id, name }) => ({
      consumer: {
        id: 'c',
        username: 'c',
        customId: undefined,
        groups: [],
        groupIds: [],
        quotas: [],
      },
      credential: { type: 'mtls', id, name, expiresAtMs: undefined },
      secret: undefined,
    }))?.credential.id;

  it('finds a certificate by its CA and the identity in it', () => {
    const first = new CredentialIndex();
    const records = [
      mtls('one', 'ca-1', 'DNS:a.internal'),
      mtls('two', 'ca-2', 'DNS:a.internal'),
      mtls('spaced', 'ca-1', 'subject:CN=a b,O=Acme'),
    ];
    for (const record of records) first.set(record.id, record);
    const check = (index: CredentialIndex): void => {
      expect(idAt(index, 'ca-1 DNS:a.internal')).toBe('one');
      expect(idAt(index, 'ca-2 DNS:a.internal')).toBe('two');
      expect(idAt(index, 'ca-1 subject:CN=a b,O=Acme')).toBe('spaced');
      for (const unknown of ['ca-3 DNS:a.internal', 'ca-2 subject:CN=a b,O=Acme', 'ca-1', ''])
        expect(idAt(index, unknown)).toBeUndefined();
    };
    check(first);
    const successor = new CredentialIndex(first);
    for (const record of records) successor.set(record.id, record);
    successor.settle();
    check(successor);
    expect(successor.get('one')).toEqual(records[0]);
  });

  it('does not find one that was removed or has moved to another CA', () => {
    const index = new CredentialIndex();
    index.set('one', mtls('one', 'ca-1', 'DNS:a.internal'));
    expect(idAt(index, 'ca-1 DNS:a.internal')).toBe('one');
    expect(index.delete('one')).toBe(true);
    index.set('one', mtls('one', 'ca-2', 'DNS:a.internal'));
    expect(idAt(index, 'ca-2 DNS:a.internal')).toBe('one');
    expect(idAt(index, 'ca-1 DNS:a.internal')).toBeUndefined();
    index.delete('one');
    expect(idAt(index, 'ca-2 DNS:a.internal')).toBeUndefined();
  });
});
