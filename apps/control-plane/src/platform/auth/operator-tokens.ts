import type { Settings } from '../env.ts';
import type { Logger } from '../logger.ts';
import { keepSecret } from './secret-file.ts';

/** The two secrets that come from the machine rather than from the database. */
export interface OperatorTokens {
  readonly admin: string;
  readonly node: string;
}

/**
 * Takes the tokens from the environment, else from their files, else makes them. No token is ever printed or logged: what
 * a process writes is collected and kept.
 * @throws SetupError when they cannot be kept.
 */
export function operatorTokens(settings: Settings, logger: Logger): OperatorTokens {
  return { admin: adminToken(settings, logger), node: settings.nodeToken ?? keepSecret(settings.nodeTokenFile, 'sln', 'SLUICE_NODE_TOKEN').secret };
}

function adminToken(settings: Settings, logger: Logger): string {
  if (settings.adminToken !== undefined) return settings.adminToken;
  const { secret, isNew } = keepSecret(settings.adminTokenFile, 'sla', 'SLUICE_ADMIN_TOKEN');
  logger.info(isNew ? 'made an admin token; read it from the file' : 'using the kept admin token', { file: settings.adminTokenFile });
  return secret;
}
