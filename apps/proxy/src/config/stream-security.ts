import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { errorMessage } from '@sluice/errors';
import { parseFingerprints } from '@sluice/wire';
import type { ClientSecurity, ClientTls } from '@sluice/wire';
import type { Env } from '../env.ts';

type Settings = Pick<
  Env,
  | 'SLUICE_STREAM_INSECURE'
  | 'SLUICE_STREAM_TLS'
  | 'SLUICE_STREAM_FINGERPRINT'
  | 'SLUICE_STREAM_FINGERPRINT_FILE'
  | 'SLUICE_STREAM_CA_FILE'
  | 'SLUICE_STREAM_CLIENT_CERT_FILE'
  | 'SLUICE_STREAM_CLIENT_KEY_FILE'
>;

/**
 * Reads how this node protects the config stream, the files included. It is called for each
 * connection, so that renewed files need no restart.
 * @throws Error that names the setting and the file when one cannot be used
 */
export function readStreamSecurity(env: Settings): ClientSecurity {
  const certificate = clientCertificate(env);
  const fingerprints = fingerprintsOf(env);
  const caFile = env.SLUICE_STREAM_CA_FILE;
  const ca = caFile === undefined ? undefined : readCertificates(caFile, 'SLUICE_STREAM_CA_FILE');
  const isTls = [certificate, fingerprints, ca].some((each) => each !== undefined);
  if (env.SLUICE_STREAM_TLS === false && isTls)
    throw new Error(
      'SLUICE_STREAM_TLS=0 contradicts the other settings of TLS on the config stream: remove the one or the others',
    );
  if (!isTls && env.SLUICE_STREAM_TLS !== true)
    return { mode: 'plaintext', allowRemote: env.SLUICE_STREAM_INSECURE };
  if (fingerprints !== undefined && ca !== undefined)
    throw new Error('SLUICE_STREAM_CA_FILE has no effect beside a fingerprint: set one of them');
  return { mode: 'tls', ca, fingerprints, certificate };
}

function fingerprintsOf(env: Settings): string[] | undefined {
  const { SLUICE_STREAM_FINGERPRINT: given, SLUICE_STREAM_FINGERPRINT_FILE: file } = env;
  if (given !== undefined && file !== undefined)
    throw new Error(
      'SLUICE_STREAM_FINGERPRINT and SLUICE_STREAM_FINGERPRINT_FILE are both set: remove one of them',
    );
  if (given === undefined && file === undefined) return undefined;
  const text = given ?? readText(file ?? '', 'SLUICE_STREAM_FINGERPRINT_FILE');
  try {
    return parseFingerprints(text);
  } catch (error) {
    const variable =
      file === undefined ? 'SLUICE_STREAM_FINGERPRINT' : `SLUICE_STREAM_FINGERPRINT_FILE (${file})`;
    throw new Error(`${variable}: ${errorMessage(error)}`, { cause: error });
  }
}

function clientCertificate(env: Settings): ClientTls['certificate'] {
  const { SLUICE_STREAM_CLIENT_CERT_FILE: certFile, SLUICE_STREAM_CLIENT_KEY_FILE: keyFile } = env;
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined)
    throw new Error(
      'SLUICE_STREAM_CLIENT_CERT_FILE and SLUICE_STREAM_CLIENT_KEY_FILE need each other: set both',
    );
  const cert = readCertificates(certFile, 'SLUICE_STREAM_CLIENT_CERT_FILE');
  const key = readText(keyFile, 'SLUICE_STREAM_CLIENT_KEY_FILE');
  let belongs: boolean;
  try {
    belongs = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (error) {
    throw new Error(
      `SLUICE_STREAM_CLIENT_KEY_FILE (${keyFile}) is no usable private key: ${errorMessage(error)}`,
      {
        cause: error,
      },
    );
  }
  if (!belongs)
    throw new Error(`the key in ${keyFile} does not belong to the certificate in ${certFile}`);
  return { cert, key };
}

/** Reads a file and checks that its first certificate can be parsed. */
function readCertificates(file: string, variable: string): string {
  const pem = readText(file, variable);
  try {
    new X509Certificate(pem);
  } catch (error) {
    throw new Error(`${variable}: there is no usable certificate in ${file}; expected PEM`, {
      cause: error,
    });
  }
  return pem;
}

function readText(file: string, variable: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${variable} names ${file}, which cannot be read: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}
