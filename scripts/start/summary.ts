import { join } from 'node:path';
import { shortPath, type StartSettings } from './settings.ts';

/** The text after a complete start: addresses, and commands to paste. */
export function summary(settings: StartSettings, demoKey: string | undefined): string {
  const { ports, dataDir } = settings;
  const at = (port: number): string => `http://127.0.0.1:${port}`;
  const isTokenGiven = (process.env['SLUICE_ADMIN_TOKEN'] ?? '') !== '';
  const tokenFile = shortPath(settings, join(dataDir, 'admin-token'));
  const token = isTokenGiven ? '$SLUICE_ADMIN_TOKEN' : `$(cat ${tokenFile})`;
  const lines = [
    '',
    'Sluice is running.',
    '',
    `  Proxy        ${at(ports.proxy)}`,
    `  Admin API    ${at(ports.admin)}   described at ${at(ports.admin)}/docs`,
    `  Admin token  ${isTokenGiven ? 'the one in SLUICE_ADMIN_TOKEN' : tokenFile}`,
    `  Health       ${at(ports.status)}/readyz   metrics at ${at(ports.status)}/metrics`,
    `  Logs         ${shortPath(settings, join(dataDir, 'logs'))}`,
    '',
  ];
  if (demoKey === undefined) lines.push(...adminLines(at(ports.admin), token, isTokenGiven));
  else lines.push(...demoLines(at(ports.proxy), demoKey));
  lines.push('Ctrl-C stops everything. The data stays, and the next start takes seconds.');
  return lines.join('\n');
}

function adminLines(admin: string, token: string, isTokenGiven: boolean): string[] {
  const where = isTokenGiven ? ', where SLUICE_ADMIN_TOKEN is set as it is here' : '';
  return [
    `Try it in another terminal${where}:`,
    '',
    `  curl ${admin}/v1/services -H "Authorization: Bearer ${token}"`,
    '',
  ];
}

function demoLines(proxy: string, key: string): string[] {
  const withKey = `-H "X-API-Key: ${key}"`;
  return [
    'Try it in another terminal:',
    '',
    '  # 200: the demo service answers with the request that it received',
    `  curl -i ${proxy}/orders/1 ${withKey}`,
    '',
    '  # 401: no key',
    `  curl -i ${proxy}/orders/1`,
    '',
    '  # 429 after the first few: the quota allows one request per second, with bursts of five',
    `  for i in 1 2 3 4 5 6 7 8; do curl -s -o /dev/null -w '%{http_code} ' ${proxy}/users/1 ${withKey}; done; echo`,
    '',
  ];
}
