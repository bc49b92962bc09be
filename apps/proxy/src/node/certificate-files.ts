import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorMessage } from '@sluice/errors';
import type { Logger } from '@sluice/telemetry';
import type { Env } from '../env.ts';
import { indexFiles } from '../listener/file-certificates.ts';
import type { CertificateFile } from '../net/key-pair.ts';
import type { NodeCertificates } from '../workers/messages.ts';

const maxFileBytes = 1024 * 1024;
const maxCertificates = 10_000;

/**
 * Reads all configured certificates. @throws Error that names the wrong file or setting and the
 * remedy
 */
export function readNodeCertificates(env: Env): NodeCertificates {
  return {
    server: readCertificates(env),
    client: readClientCertificates(env.SLUICE_CLIENT_CERT_DIR),
  };
}

type TlsSettings = Pick<
  Env,
  'SLUICE_TLS_PORT' | 'SLUICE_TLS_CERT_FILE' | 'SLUICE_TLS_KEY_FILE' | 'SLUICE_TLS_DIR'
>;

/**
 * Reads the configured server certificates and checks that they work for TLS. The certificate of
 * SLUICE_TLS_CERT_FILE is the first; those of the folder follow by name. There may be none: the
 * configuration can contain certificates as well. Returns undefined without a TLS port.
 * @throws Error that names the wrong file or setting and the remedy
 */
export function readCertificates(env: TlsSettings): CertificateFile[] | undefined {
  const {
    SLUICE_TLS_CERT_FILE: certFile,
    SLUICE_TLS_KEY_FILE: keyFile,
    SLUICE_TLS_DIR: folder,
  } = env;
  const isGiven = certFile !== undefined || keyFile !== undefined || folder !== undefined;
  if (env.SLUICE_TLS_PORT === undefined) {
    if (isGiven)
      throw new Error(
        'certificates are configured, but no port to use them on: set SLUICE_TLS_PORT as well',
      );
    return undefined;
  }
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new Error(
      `a certificate and its key belong together: set ${certFile === undefined ? 'SLUICE_TLS_CERT_FILE' : 'SLUICE_TLS_KEY_FILE'} as well`,
    );
  }
  const certificates =
    certFile === undefined || keyFile === undefined ? [] : [readPair(certFile, keyFile)];
  if (folder !== undefined)
    certificates.push(
      ...pairsIn(folder, 'SLUICE_TLS_DIR').map(({ cert, key }) => readPair(cert, key)),
    );
  // Finds faults of the pair, such as the key of another certificate.
  indexFiles(certificates);
  return certificates;
}

function readClientCertificates(folder: string | undefined): NodeCertificates['client'] {
  if (folder === undefined) return {};
  const pairs = pairsIn(folder, 'SLUICE_CLIENT_CERT_DIR').map(
    ({ name, cert, key }) => [name, readPair(cert, key)] as const,
  );
  indexFiles(pairs.map(([, pair]) => pair));
  return Object.fromEntries(pairs);
}

/** Logs the names of the certificates, and warns of those that clients will not accept. */
export function logCertificates(
  { server = [], client }: NodeCertificates,
  logger: Pick<Logger, 'info' | 'warn'>,
  nowMs = Date.now(),
): void {
  for (const { cert, source = '' } of [...server, ...Object.values(client)]) {
    const { subjectAltName = '', validTo, validToDate, validFromDate } = new X509Certificate(cert);
    const isValid = validFromDate.getTime() <= nowMs && nowMs < validToDate.getTime();
    if (isValid)
      logger.info({ certificate: source, names: subjectAltName, validTo }, 'certificate in use');
    else
      logger.warn(
        { certificate: source, names: subjectAltName, validTo },
        'a certificate in use is not valid today: clients will not accept it',
      );
  }
}

function pairsIn(
  folder: string,
  setting: string,
): { readonly name: string; readonly cert: string; readonly key: string }[] {
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch (cause) {
    throw new Error(`the folder of certificates ${folder} cannot be read: check ${setting}`, {
      cause,
    });
  }
  const found = names.filter((name) => name.endsWith('.crt'));
  if (found.length === 0)
    throw new Error(
      `there is no certificate in ${folder}: put <name>.crt and <name>.key there, or correct ${setting}`,
    );
  if (found.length > maxCertificates)
    throw new Error(
      `there are ${found.length} certificates in ${folder}: at most ${maxCertificates} are read`,
    );
  return found.map((file) => {
    const name = file.slice(0, -4);
    return { name, cert: join(folder, file), key: join(folder, `${name}.key`) };
  });
}

function readPair(certFile: string, keyFile: string): CertificateFile {
  const cert = readText(certFile, 'certificate');
  const key = readText(keyFile, 'key');
  if (!/-----BEGIN (?:TRUSTED )?CERTIFICATE-----/.test(cert))
    throw new Error(
      `${certFile} is not a certificate in PEM: it needs a block "-----BEGIN CERTIFICATE-----"`,
    );
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(key))
    throw new Error(
      `${keyFile} needs a passphrase: store the key without one, readable by this user only`,
    );
  if (!/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/.test(key))
    throw new Error(
      `${keyFile} is not a private key in PEM: it needs a block "-----BEGIN PRIVATE KEY-----"`,
    );
  return { cert, key, source: `the certificate of ${certFile} with the key of ${keyFile}` };
}

function readText(path: string, what: string): string {
  try {
    const { size } = statSync(path);
    if (size > maxFileBytes)
      throw new Error(`it has ${size} bytes; at most ${maxFileBytes} are read`);
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`the ${what} ${path} cannot be read: ${errorMessage(cause)}`, { cause });
  }
}
