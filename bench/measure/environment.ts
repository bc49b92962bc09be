import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import type { Arm } from './arm.ts';

/** The day of the measurement. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** What was measured on. */
export function machine(): string {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model ?? 'unknown'}, Linux ${release()}`;
}

/** The versions of all arms; of Sluice it is the one of Node that runs it. */
export function versions(arms: readonly Arm[]): string {
  return arms.map((arm) => `${arm.name} ${versionOf(arm)}`).join('; ');
}

function versionOf(arm: Arm): string {
  const [command, ...args] = arm.version;
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return /\d+(?:\.\d+)+/.exec(stdout + stderr)?.[0] ?? 'unknown';
}

/** Ends this process with installation advice when one of these programs is missing. */
export function requirePrograms(names: readonly string[]): void {
  const missing = names.filter((name) => {
    try {
      execFileSync('which', [name], { stdio: 'ignore' });
      return false;
    } catch {
      return true;
    }
  });
  if (missing.length === 0) return;
  console.error(
    `These programs are missing: ${missing.join(', ')}.\nOn Debian: apt-get install nginx-light haproxy caddy wrk nghttp2-client util-linux`,
  );
  process.exit(1);
}

/** Shows the text; with `record`, it is kept as bench/results/<name>.md, too. */
export function publish(name: string, text: string, record: boolean): void {
  console.log(`\n${text}`);
  if (record) writeFileSync(new URL(`../results/${name}.md`, import.meta.url), text);
}

/** A markdown table. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  return [heads, heads.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** A number for a table; nothing where there is none. */
export function figure(value: number, digits = 0): string {
  return Number.isFinite(value) ? value.toFixed(digits) : '–';
}
