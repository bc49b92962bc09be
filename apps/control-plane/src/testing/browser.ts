import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createBrotliDecompress } from 'node:zlib';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

const cache = fileURLToPath(new URL('../../../../.cache/chromium/', import.meta.url));

/** Nothing but what the page under test asks for leaves the browser. */
const args = ['--no-sandbox', '--no-zygote', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--no-pings'];

/**
 * Starts a headless Chromium. On Linux x64 it is the one in @sparticuz/chromium, unpacked into `.cache` once; elsewhere the
 * Chrome that is installed. Takes some seconds.
 */
export async function launchBrowser(): Promise<Browser> {
  const isPacked = process.platform === 'linux' && process.arch === 'x64';
  const where = isPacked ? { executablePath: await unpackedChromium() } : ({ channel: 'chrome' } as const);
  return chromium.launch({ ...where, args, headless: true, chromiumSandbox: false, timeout: 60_000 });
}

async function unpackedChromium(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  let folder = dirname(entry);
  while (!existsSync(join(folder, 'bin', 'chromium.br'))) {
    if (folder === dirname(folder)) throw new Error('@sparticuz/chromium has no bin/chromium.br: run npm ci');
    folder = dirname(folder);
  }
  const packed = join(folder, 'bin', 'chromium.br');
  const { version } = createRequire(import.meta.url)(join(folder, 'package.json')) as { version: string };
  const program = join(cache, `chromium-${version}`);
  if (existsSync(program)) return program;
  const partial = `${program}.${process.pid}.partial`;
  await mkdir(cache, { recursive: true });
  try {
    await pipeline(createReadStream(packed), createBrotliDecompress(), createWriteStream(partial));
    await chmod(partial, 0o755);
    // The program is there as a whole or not at all, whoever else unpacks it meanwhile.
    await rename(partial, program);
  } finally {
    await rm(partial, { force: true });
  }
  return program;
}
