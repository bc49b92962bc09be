import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createBrotliDecompress } from 'node:zlib';
import type { Browser } from 'playwright-core';

const cache = fileURLToPath(new URL('../../../.cache/chromium/', import.meta.url));

/** Disables all requests of the browser itself, so that only the page under test sends requests. */
const quiet = [
  '--no-sandbox',
  '--no-zygote',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--no-pings',
];

/**
 * Starts a headless Chromium: on Linux x64 that of @sparticuz/chromium with its libraries and font,
 * unpacked into `.cache` once; elsewhere the installed Chrome. Takes some seconds.
 * @param args further arguments of the command line
 */
export async function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  // Loaded here, because it is large and most specs that use the testkit do not need it.
  const { chromium } = await import('playwright-core');
  const isPacked = process.platform === 'linux' && process.arch === 'x64';
  const where = isPacked ? await packedBrowser() : ({ channel: 'chrome' } as const);
  return chromium.launch({
    ...where,
    args: [...quiet, ...args],
    headless: true,
    chromiumSandbox: false,
    timeout: 60_000,
  });
}

/**
 * Always uses the package's libraries and fonts, because a machine may lack libnss3 and all fonts.
 */
async function packedBrowser(): Promise<{
  readonly executablePath: string;
  readonly env: Record<string, string>;
}> {
  const folder = packageFolder();
  const unpacked = join(
    cache,
    (createRequire(import.meta.url)(join(folder, 'package.json')) as { version: string }).version,
  );
  if (!existsSync(unpacked)) await unpack(join(folder, 'bin'), unpacked);
  return {
    executablePath: join(unpacked, 'chromium'),
    env: { ...inherited(), LD_LIBRARY_PATH: join(unpacked, 'lib'), FONTCONFIG_PATH: unpacked },
  };
}

function packageFolder(): string {
  let folder = dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium'));
  while (!existsSync(join(folder, 'bin', 'chromium.br'))) {
    if (folder === dirname(folder))
      throw new Error('@sparticuz/chromium has no bin/chromium.br: run npm ci');
    folder = dirname(folder);
  }
  return folder;
}

/**
 * Unpacks the program, its libraries and its font. The folder appears atomically, so processes may
 * unpack concurrently.
 */
async function unpack(from: string, to: string): Promise<void> {
  const partial = `${to}.${process.pid}.partial`;
  await mkdir(partial, { recursive: true });
  try {
    const program = join(partial, 'chromium');
    await pipeline(
      createReadStream(join(from, 'chromium.br')),
      createBrotliDecompress(),
      createWriteStream(program),
    );
    await chmod(program, 0o755);
    for (const name of ['al2023', 'fonts']) {
      const archive = join(partial, `${name}.tar`);
      await pipeline(
        createReadStream(join(from, `${name}.tar.br`)),
        createBrotliDecompress(),
        createWriteStream(archive),
      );
      await promisify(execFile)('tar', ['-xf', archive, '-C', partial], { timeout: 60_000 });
      await rm(archive);
    }
    await rename(partial, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

function inherited(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
}
