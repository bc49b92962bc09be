import { describe, expect, it } from '@jest/globals';
import { certificateIdentity } from './certificate-identity.ts';

describe('certificateIdentity', () => {
  it.each([
    ['DNS:Orders.Internal', 'DNS:orders.internal'],
    ['DNS:*.internal', 'DNS:*.internal'],
    ['URI:spiffe://acme/Orders', 'URI:spiffe://acme/Orders'],
    ['email:Ops@ACME.test', 'email:Ops@acme.test'],
    ['IP:10.0.0.1', 'IP:10.0.0.1'],
    ['IP:2001:DB8:0:0:0:0:0:1', 'IP:2001:db8::1'],
    ['subject:CN=orders,O=Acme', 'subject:CN=orders,O=Acme'],
    [`sha256:${'AB:'.repeat(31)}AB`, `sha256:${'ab'.repeat(32)}`],
  ])('reads %s', (text, identity) => {
    expect(certificateIdentity(text)).toBe(identity);
    expect(certificateIdentity(identity)).toBe(identity);
  });

  it.each([
    '',
    'orders.internal',
    'DNS:',
    'dns:orders.internal',
    'DNS:orders.internal\u0000.evil.test',
    'DNS:a b',
    'URI:spiffe://acme/\u0000',
    'email:@acme.test',
    'email:ops',
    'email:ops@',
    'email:ops\u0000@acme.test',
    'IP:010.0.0.1',
    'IP:10.0.0',
    'IP:fe80::1%eth0',
    'subject:',
    'subject:CN=orders\\00.evil',
    'subject:CN=orders\u0000',
    'sha256:ab',
    'DirName:CN=x',
    'othername:x',
  ])('refuses %j', (text) => expect(certificateIdentity(text)).toBeUndefined());
});
