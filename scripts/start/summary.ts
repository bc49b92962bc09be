import { join } from 'node:path';
import { shortPath, type StartSettings } from './settings.ts';

/** What a person reads when everything runs: where things are, and lines to paste. */
export function summary(settings: StartSettings, demoKey: string | undefined): string {
  const { ports, dataDir } = settings;
  const at = (port: number): string => `http://127.0.0.1:${port}`;
  const token = shortPath(settings, join(dataDir, 'admin-token'));
  const lines = [
    '',
    'Sluice is running.',
    '',
    `  Proxy        ${at(ports.proxy)}`,
    `  Admin API    ${at(ports.admin)}   described at ${at(ports.admin)}/docs`,
    `  Admin token  ${process.env['SLUICE_ADMIN_TOKEN'] ? 'the one in SLUICE_ADMIN_TOKEN' : token}`,
    `  Health       ${at(ports.status)}/readyz   metrics at ${at(ports.status)}/metrics`,
    `  Logs         ${shortPath(settings, join(dataDir, 'logs'))}`,
    '',
  ];
  if (demoKey === undefined) lines.push('Try it:', '', `  curl ${at(ports.admin)}/v1/services -H "Authorization: Bearer $(cat ${token})"`, '');
  else lines.push(...demoLines(at(ports.proxy), demoKey));
  lines.push('Ctrl-C stops everything. The data stays, and the next start takes seconds.');
  return lines.join('\n');
}

function demoLines(proxy: string, key: string): string[] {
  const withKey = `-H "X-API-Key: ${key}"`;
  return [
    'Try it in another terminal:',
    '',
    '  # 200: the demo service answers, and tells what it received',
    `  curl -i ${proxy}/orders/1 ${withKey}`,
    '',
    '  # 401: no key',
    `  curl -i ${proxy}/orders/1`,
    '',
    '  # 429 after the first few: the quota is a request a second, five at once',
    `  for i in 1 2 3 4 5 6 7 8; do curl -s -o /dev/null -w '%{http_code} ' ${proxy}/users/1 ${withKey}; done; echo`,
    '',
  ];
}
