import type { Logger } from '@sluice/telemetry';
import type { Env } from '../env.ts';
import { logCertificates, readNodeCertificates } from './certificate-files.ts';
import type { Traffic } from './traffic.ts';

/**
 * Reads the certificates again and uses them from the next handshake on. Those before stay in use when one of the new is
 * not usable; connections stay in any case.
 */
export async function renewCertificates(env: Env, traffic: Pick<Traffic, 'setCertificates'>, logger: Pick<Logger, 'info' | 'warn' | 'error'>): Promise<void> {
  try {
    const certificates = readNodeCertificates(env);
    await traffic.setCertificates(certificates);
    logCertificates(certificates, logger);
  } catch (fault) {
    logger.error({ reason: fault instanceof Error ? fault.message : String(fault) }, 'the certificates cannot be used; those before stay in use');
  }
}
