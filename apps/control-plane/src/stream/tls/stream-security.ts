import { createPrivateKey, X509Certificate } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createSecureContext } from 'node:tls';
import { errorCode, errorMessage, SetupError } from '@sluice/errors';
import { makeFolder } from '@sluice/errors/make-folder';
import { certificateFingerprint } from '@sluice/wire';
import type { ServerSecurity, ServerTls } from '@sluice/wire';
import type { Settings } from '../../platform/env.ts';
import { generateSelfSigned } from './self-signed.ts';

/** How the config stream is protected, with what the log says about it. */
export interface StreamProtection {
  readonly security: ServerSecurity;
  /** SHA-256 fingerprint of the certificate; undefined without TLS. */
  readonly fingerprint: string | undefined;
  /** What the log should warn about: the fingerprint of a certificate from files is not stored. */
  readonly warning: string | undefined;
}

/**
 * Reads the certificate of the config stream as the settings say: from files, or the generated one of
 * the data directory, which the first start creates. Without either the stream is in plaintext.
 * @throws SetupError when a file cannot be read, or its content cannot be used
 */
export async function readStreamProtection(settings: Settings): Promise<StreamProtection> {
  const { streamCertFile, streamKeyFile, streamClientCaFile, streamTls, streamInsecure } = settings;
  if (streamCertFile === undefined && !streamTls)
    return {
      security: { mode: 'plaintext', allowRemote: streamInsecure },
      fingerprint: undefined,
      warning: undefined,
    };
  const files = streamCertFile !== undefined && streamKeyFile !== undefined;
  const pair = files ? readPair(streamCertFile, streamKeyFile) : await keepGenerated(settings);
  const clientCa =
    streamClientCaFile === undefined
      ? undefined
      : certificatesIn(streamClientCaFile, 'SLUICE_STREAM_CLIENT_CA_FILE');
  const security = { mode: 'tls', ...pair, clientCa } as const;
  requireUsable(security, streamCertFile ?? settings.streamGeneratedFile);
  const fingerprint = certificateFingerprint(security.cert);
  const unwritten = writeFingerprint(settings, fingerprint);
  // A certificate from files is known without this file; the generated one is not.
  if (unwritten !== undefined && !files) throw new SetupError(unwritten);
  return { security, fingerprint, warning: unwritten };
}

/**
 * Checks a certificate of the Admin API for the config stream, and stores its fingerprint.
 * @param protection what the settings say: the CAs of client certificates
 * @throws SetupError when it cannot be used
 */
export function protectionWith(
  settings: Settings,
  protection: StreamProtection,
  name: string,
  { certificate, key }: { readonly certificate: string; readonly key: string },
): StreamProtection & { readonly security: ServerTls } {
  const { security: given } = protection;
  const clientCa = given.mode === 'tls' ? given.clientCa : undefined;
  const security = { mode: 'tls', cert: certificate, key, clientCa } as const;
  requireUsable(security, `the certificate "${name}"`);
  const fingerprint = certificateFingerprint(certificate);
  return { security, fingerprint, warning: writeFingerprint(settings, fingerprint) };
}

function readPair(certFile: string, keyFile: string): { cert: string; key: string } {
  return {
    cert: certificatesIn(certFile, 'SLUICE_STREAM_CERT_FILE'),
    key: readPem(keyFile, 'SLUICE_STREAM_KEY_FILE'),
  };
}

/** Reads the generated certificate and key, or generates both. The file appears atomically. */
async function keepGenerated(settings: Settings): Promise<{ cert: string; key: string }> {
  const { dataDir, streamGeneratedFile: file } = settings;
  const read = (): { cert: string; key: string } | undefined => {
    try {
      const pem = readFileSync(file, 'utf8');
      return { cert: pem.slice(pem.indexOf('-----BEGIN CERTIFICATE-----')), key: pem };
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw new SetupError(`Cannot read ${file}: ${errorMessage(error)}`);
    }
  };
  const kept = read();
  if (kept !== undefined) return kept;
  const pem = await generateSelfSigned('Sluice config stream');
  const partial = `${file}.${process.pid}.partial`;
  try {
    makeFolder(dataDir, 0o700);
    writeFileSync(partial, pem, { mode: 0o600, flush: true });
    linkSync(partial, file);
  } catch (error) {
    // Another process that starts with the same folder was first: its certificate is the one.
    if (errorCode(error) !== 'EEXIST')
      throw new SetupError(
        `Cannot write ${file}: ${errorMessage(error)}\nMake the folder writable, choose another with SLUICE_DATA_DIR, or set SLUICE_STREAM_CERT_FILE and SLUICE_STREAM_KEY_FILE.`,
      );
  } finally {
    rmSync(partial, { force: true });
  }
  const made = read();
  // A link to a file that does not exist: to try again would not end.
  if (made === undefined)
    throw new SetupError(
      `Cannot read ${file}, although it exists. Remove it, or choose another folder with SLUICE_DATA_DIR.`,
    );
  return made;
}

/**
 * Writes the fingerprint where nodes on the same machine, and people, find it. It is no secret.
 * Returns the reason when it cannot be written.
 */
function writeFingerprint(
  { streamFingerprintFile: file }: Settings,
  fingerprint: string,
): string | undefined {
  const partial = `${file}.${process.pid}.partial`;
  try {
    makeFolder(dirname(file), 0o700);
    writeFileSync(partial, `${fingerprint}\n`, { mode: 0o644 });
    renameSync(partial, file);
  } catch (error) {
    return `Cannot write ${file}: ${errorMessage(error)}`;
  }
  return undefined;
}

function readPem(file: string, variable: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new SetupError(`${variable} names ${file}, which cannot be read: ${errorMessage(error)}`);
  }
}

/** Reads a file and checks that each certificate in it can be parsed. */
function certificatesIn(file: string, variable: string): string {
  const pem = readPem(file, variable);
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g);
  if (certificates === null)
    throw new SetupError(`${variable}: there is no certificate in ${file}; expected PEM.`);
  for (const certificate of certificates) {
    try {
      new X509Certificate(certificate);
    } catch (error) {
      throw new SetupError(
        `${variable}: a certificate in ${file} is damaged: ${errorMessage(error)}`,
      );
    }
  }
  return pem;
}

/** Checks that certificate and key belong together and that nodes would accept the validity. */
function requireUsable(tls: ServerTls, file: string): void {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(tls.cert);
    if (!certificate.checkPrivateKey(createPrivateKey(tls.key)))
      throw new Error('the key does not belong to the certificate');
    createSecureContext({ cert: tls.cert, key: tls.key });
  } catch (error) {
    const isEncrypted = /-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(tls.key);
    throw new SetupError(
      `The certificate of the config stream in ${file} cannot be used: ${isEncrypted ? 'its key is encrypted; provide it without a passphrase' : errorMessage(error)}.`,
    );
  }
  const [from, to] = [certificate.validFromDate, certificate.validToDate];
  if (to.getTime() < Date.now())
    throw new SetupError(
      `The certificate of the config stream in ${file} expired on ${to.toISOString()}: replace it.`,
    );
  if (from.getTime() > Date.now())
    throw new SetupError(
      `The certificate of the config stream in ${file} is not valid before ${from.toISOString()}: check the clock of this machine.`,
    );
}
