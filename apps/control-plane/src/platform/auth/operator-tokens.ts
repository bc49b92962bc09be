import type { Settings } from '../env.ts';
import type { Logger } from '../logger.ts';
import { keepSecret } from './secret-file.ts';

/** The two secrets that come from the machine rather than from the database. */
export interface OperatorTokens {
  readonly admin: string;
  readonly node: string;
}

/**
 * Takes the tokens from the environment, else from their files, else makes them. A new admin token is printed, this once.
 * @throws SetupError when they cannot be kept.
 */
export function operatorTokens(settings: Settings, logger: Logger): OperatorTokens {
  return { admin: adminToken(settings, logger), node: settings.nodeToken ?? keepSecret(settings.nodeTokenFile, 'sln', 'SLUICE_NODE_TOKEN').secret };
}

function adminToken(settings: Settings, logger: Logger): string {
  if (settings.adminToken !== undefined) return settings.adminToken;
  const { secret, isNew } = keepSecret(settings.adminTokenFile, 'sla', 'SLUICE_ADMIN_TOKEN');
  // Not through the log: logs are collected, and this line is for whoever started the process.
  if (isNew) process.stderr.write(`\nAdmin token, shown this once and kept in ${settings.adminTokenFile}:\n  ${secret}\n\n`);
  else logger.info('using the kept admin token', { file: settings.adminTokenFile });
  return secret;
}
