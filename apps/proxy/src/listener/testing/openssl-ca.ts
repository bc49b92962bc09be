import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate with its private key, both PEM. */
export interface IssuedCertificate {
  readonly cert: string;
  readonly key: string;
}

const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
const caExtensions = 'basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign';

/** A CA in a folder of its own, made with the program openssl. Tests only. */
export class OpensslCa {
  readonly #folder = mkdtempSync(join(tmpdir(), 'sluice-ca-'));
  readonly #name: string;
  #issued = 0;

  /** @param issuer the CA that signs this one; without it, the CA is self-signed */
  constructor(name: string, issuer?: OpensslCa) {
    this.#name = name;
    this.#write('ca.ext', caExtensions);
    this.#write('index.txt', '');
    this.#write('serial', '1000\n');
    this.#write('number', '01\n');
    this.#write(
      'ca.cnf',
      '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\ncrlnumber=number\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\norganizationName=optional\ncommonName=optional\n',
    );
    this.#openssl('req', ...curve, '-keyout', 'ca.key', '-out', 'ca.csr', '-subj', `/CN=${name}`);
    const signed =
      issuer === undefined
        ? this.#sign('ca.csr', 'ca.ext', ['-selfsign', '-keyfile', 'ca.key'])
        : issuer.signed(this.#read('ca.csr'), caExtensions);
    this.#write('ca.pem', signed);
  }

  /** PEM of the CA's own certificate. */
  get pem(): string {
    return this.#read('ca.pem');
  }

  /**
   * Issues a certificate.
   * @param san such as `DNS:a.test,URI:spiffe://a/b`; none when empty
   * @param subject in the form of openssl, such as `/O=Acme/CN=orders`
   */
  issue(san: string, subject = `/CN=${this.#name}-${this.#issued}`): IssuedCertificate {
    const name = `c${this.#issued++}`;
    this.#openssl('req', ...curve, '-keyout', `${name}.key`, '-out', 'c.csr', '-subj', subject);
    const extensions = san === '' ? 'basicConstraints=CA:false' : `subjectAltName=${san}`;
    return { cert: this.signed(this.#read('c.csr'), extensions), key: this.#read(`${name}.key`) };
  }

  /** Signs a request with these extensions. */
  signed(request: string, extensions: string): string {
    this.#write('other.csr', request);
    this.#write('other.ext', extensions);
    return this.#sign('other.csr', 'other.ext', ['-cert', 'ca.pem', '-keyfile', 'ca.key']);
  }

  /** Revokes certificates of this CA. */
  revoke(...certificates: readonly { readonly cert: string }[]): void {
    for (const { cert } of certificates) {
      this.#write('revoked.pem', cert);
      this.#openssl(
        ...['ca', '-config', 'ca.cnf', '-revoke', 'revoked.pem'],
        ...['-cert', 'ca.pem', '-keyfile', 'ca.key'],
      );
    }
  }

  /** The list of the revoked certificates. @param seconds until the next one */
  crl(seconds = 86_400): string {
    this.#openssl(
      ...['ca', '-config', 'ca.cnf', '-gencrl', '-crlsec', String(seconds), '-out', 'list.pem'],
      ...['-cert', 'ca.pem', '-keyfile', 'ca.key'],
    );
    return this.#read('list.pem');
  }

  /** Removes the folder. */
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #sign(request: string, extensions: string, signer: readonly string[]): string {
    this.#openssl(
      ...['ca', '-config', 'ca.cnf', '-batch', '-notext', '-days', '2', '-in', request],
      ...['-extfile', extensions, '-out', 'signed.pem', ...signer],
    );
    return this.#read('signed.pem');
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { cwd: this.#folder, stdio: 'pipe' });
  }

  #write(name: string, text: string): void {
    writeFileSync(join(this.#folder, name), text);
  }

  #read(name: string): string {
    return readFileSync(join(this.#folder, name), 'utf8');
  }
}
