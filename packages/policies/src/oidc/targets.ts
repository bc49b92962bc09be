const longestTarget = 2_048;

/**
 * Where a login may lead: paths of the host itself, and URLs of listed origins. Everything that a
 * browser could read as another host is refused: `//host`, `/\host`, backslashes, line breaks and
 * other control characters.
 */
export class Targets {
  readonly #listed: ReadonlySet<string>;
  readonly #ownPath: string;

  /** @param ownPath the path of the policy itself, to which no login leads */
  constructor(listed: readonly string[], ownPath: string) {
    this.#listed = new Set(listed);
    this.#ownPath = ownPath;
  }

  /** The target in a form that can be sent; undefined when it is not allowed. */
  checked(text: string, origin: string): string | undefined {
    if (text.length > longestTarget || /[\\\p{Cc}\s]/u.test(text)) return undefined;
    const isPath = text.startsWith('/') && !text.startsWith('//');
    const url = isPath ? URL.parse(text, origin) : URL.parse(text);
    if (url === null || url.username !== '' || url.password !== '') return undefined;
    if (!isPath && url.origin !== origin && !this.#listed.has(url.origin)) return undefined;
    // Dot segments and empty ones may lead elsewhere once the browser has resolved them.
    if (isPath && (url.origin !== origin || url.pathname.startsWith('//'))) return undefined;
    const isOwn = url.origin === origin && `${url.pathname}/`.startsWith(`${this.#ownPath}/`);
    if (isOwn) return '/';
    return isPath ? `${url.pathname}${url.search}` : url.href;
  }
}
