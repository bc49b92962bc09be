import { errorMessage } from '@sluice/errors';
import { digestOf, readKeyPair, type CertificateFile } from '../net/key-pair.ts';
import { CertificateIndex } from './certificate-index.ts';

/**
 * Indexes the certificates of files, in their order. An unchanged certificate of `previous` is not
 * parsed again and keeps its TLS context.
 * @throws Error that names the unusable certificate and the reason
 */
export function indexFiles(
  files: readonly CertificateFile[],
  previous: CertificateIndex = new CertificateIndex(),
): CertificateIndex {
  const known = new Map(Array.from(previous.all(), ({ pair }) => [pair.digest, pair]));
  const index = new CertificateIndex();
  for (const [at, file] of files.entries()) {
    const label = file.source ?? `certificate ${at + 1}`;
    try {
      const pair = known.get(digestOf(file)) ?? readKeyPair(file);
      index.add({ pair, names: pair.dnsNames, label });
    } catch (error) {
      throw new Error(`${label} is not usable: ${errorMessage(error)}`, { cause: error });
    }
  }
  return index;
}
