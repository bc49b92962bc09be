import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';

/** The search list from /etc/resolv.conf, see resolv.conf(5). */
export interface SearchRules {
  readonly domains: readonly string[];
  /** Names with fewer dots are tried with the search domains first. */
  readonly ndots: number;
}

const MAX_SEARCH_DOMAINS = 16;
const MAX_NDOTS = 15;

/** Parses /etc/hosts: addresses by lower-case name, in the order of the file. */
export function parseHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const byName = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const name of names) {
      const addresses = byName.get(name.toLowerCase()) ?? [];
      if (!addresses.includes(address)) addresses.push(address);
      byName.set(name.toLowerCase(), addresses);
    }
  }
  return byName;
}

/**
 * Parses the lines `search`, `domain` and `options ndots` of /etc/resolv.conf. The last line of a
 * kind applies.
 */
export function parseSearchRules(text: string): SearchRules {
  let domains: readonly string[] = [];
  let ndots = 1;
  for (const line of text.split('\n')) {
    const [word = '', ...values] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    if (word === 'search') domains = values;
    else if (word === 'domain') domains = values.slice(0, 1);
    else if (word === 'options') {
      const given = /(?:^|\s)ndots:(\d{1,3})(?:\s|$)/.exec(values.join(' '))?.[1];
      if (given !== undefined) ndots = Math.min(Number(given), MAX_NDOTS);
    }
  }
  return {
    domains: domains
      .map((domain) => domain.replace(/\.$/, ''))
      .filter((domain) => domain !== '')
      .slice(0, MAX_SEARCH_DOMAINS),
    ndots,
  };
}

/** The absolute names to query for a name, in order. */
export function candidates(name: string, { domains, ndots }: SearchRules): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const completed = domains.map((domain) => `${name}.${domain}`);
  const dots = name.split('.').length - 1;
  return dots >= ndots ? [name, ...completed] : [...completed, name];
}

/**
 * A small system file that is parsed again when it has changed. It is read synchronously, because
 * slow disks can block the thread pool. A missing file counts as empty.
 */
export class WatchedFile<Content> {
  readonly #path: string;
  readonly #parse: (text: string) => Content;
  #content: Content;
  #version = '';
  /** The number of times that the content was replaced. */
  changes = 0;

  constructor(path: string, parse: (text: string) => Content) {
    this.#path = path;
    this.#parse = parse;
    this.#content = parse('');
  }

  get content(): Content {
    const version = this.#currentVersion();
    if (version !== this.#version) {
      try {
        this.#content = this.#parse(version === '' ? '' : readFileSync(this.#path, 'utf8'));
        this.#version = version;
        this.changes++;
      } catch {
        // The file is temporarily unreadable, for example without a free descriptor; the earlier
        // content is kept.
      }
    }
    return this.#content;
  }

  #currentVersion(): string {
    try {
      const { mtimeMs, size, ino } = statSync(this.#path);
      return `${mtimeMs} ${size} ${ino}`;
    } catch {
      return '';
    }
  }
}
