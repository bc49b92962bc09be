import { errorMessage } from '@sluice/errors';
import type { Logger } from '@sluice/telemetry';
import type { Env } from '../env.ts';
import { logCertificates, readNodeCertificates } from './certificate-files.ts';
import type { Traffic } from './traffic.ts';

/**
 * Reads the certificates again and uses them from the next handshake on. The previous ones stay in
 * use when a new one is not usable. Existing connections are not affected.
 */
export async function renewCertificates(
  env: Env,
  traffic: Pick<Traffic, 'setCertificates'>,
  logger: Pick<Logger, 'info' | 'warn' | 'error'>,
): Promise<void> {
  try {
    const certificates = readNodeCertificates(env);
    await traffic.setCertificates(certificates);
    logCertificates(certificates, logger);
  } catch (fault) {
    logger.error(
      { reason: errorMessage(fault) },
      'the new certificates cannot be used; the previous ones stay in use',
    );
  }
}
