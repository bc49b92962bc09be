import { request, type IncomingHttpHeaders } from 'node:http';

/** A page as a browser shows it. */
export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** What a request has besides its URL. */
export interface PageRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
  /** Default: true. */
  readonly follows?: boolean;
}

const navigation = {
  accept: 'text/html',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
};
const maxRedirects = 15;

/**
 * Navigates as a browser does, over plain HTTP/1.1: follows redirects, keeps cookies by host, and
 * submits forms. `localhost` is 127.0.0.1. Tests only.
 */
export class WebBrowser {
  /** Cookies of the path `/` by host and name. */
  readonly jars = new Map<string, Map<string, string>>();
  /** Cookies of other paths by host, path and name. */
  readonly #ofPaths = new Map<string, string>();
  /** URLs that were requested, oldest first. */
  readonly visited: string[] = [];
  /** Ports to connect to by host, in place of those of the URLs. */
  readonly ports = new Map<string, number>();
  /** Changes the URLs of redirects, as an attacker could. */
  rewrite = (url: string): string => url;

  /** Requests a page, and follows its redirects. */
  async open(url: string, options: PageRequest = {}): Promise<Page> {
    let page = await this.#load(url, options);
    for (let count = 0; options.follows !== false && isRedirect(page); count++) {
      if (count === maxRedirects) throw new Error(`too many redirects: ${this.visited.join(' ')}`);
      const next = this.rewrite(new URL(page.headers.location ?? '', page.url).href);
      page = await this.#load(
        next,
        options.headers === undefined ? {} : { headers: options.headers },
      );
    }
    return page;
  }

  /** Fills the fields of the only form of a page, and submits it. */
  async submit(page: Page, fields: Readonly<Record<string, string>>): Promise<Page> {
    const action = /<form[^>]* action="([^"]*)"/.exec(page.text)?.[1];
    if (action === undefined) throw new Error(`no form: ${page.status} ${page.text}`);
    const hidden = [...page.text.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
    const form = {
      ...Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value])),
      ...fields,
    };
    const url = new URL(action.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&'), page.url).href;
    return await this.open(url, { method: 'POST', form });
  }

  /** A browser with the same cookies, which changes none of this one's. */
  copy(): WebBrowser {
    const other = new WebBrowser();
    for (const [host, jar] of this.jars) other.jars.set(host, new Map(jar));
    for (const [host, port] of this.ports) other.ports.set(host, port);
    return other;
  }

  /** The cookies that a host receives. */
  cookiesOf(host: string): Map<string, string> {
    let jar = this.jars.get(host);
    if (jar === undefined) this.jars.set(host, (jar = new Map()));
    return jar;
  }

  #cookiesOfPath({ hostname, pathname }: URL): [string, string][] {
    return [...this.#ofPaths].flatMap(([key, value]): [string, string][] => {
      const [host = '', path = '', name = ''] = key.split(' ');
      return host === hostname && pathname.startsWith(path) ? [[name, value]] : [];
    });
  }

  #keep(host: string, fields: readonly string[]): void {
    for (const field of fields) {
      const [pair = '', ...attributes] = field.split(/; ?/);
      const path = attributes.find((each) => /^path=/i.test(each))?.slice(5) ?? '/';
      const at = pair.indexOf('=');
      const name = pair.slice(0, at);
      const [jar, key] =
        path === '/' ? [this.cookiesOf(host), name] : [this.#ofPaths, `${host} ${path} ${name}`];
      const isRemoved = attributes.some((each) =>
        /^max-age=0$|^expires=thu, 01 jan 1970/i.test(each),
      );
      if (isRemoved) jar.delete(key);
      else jar.set(key, pair.slice(at + 1));
    }
  }

  #load(url: string, { method = 'GET', headers, form }: PageRequest): Promise<Page> {
    const target = new URL(url);
    const jar = this.cookiesOf(target.hostname);
    this.visited.push(url);
    const content = form === undefined ? undefined : new URLSearchParams(form).toString();
    const cookies = [...jar, ...this.#cookiesOfPath(target)]
      .map(([name, value]) => `${name}=${value}`)
      .join('; ');
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port: this.ports.get(target.hostname) ?? target.port,
          path: `${target.pathname}${target.search}`,
          method,
          agent: false,
          headers: {
            host: target.host,
            ...navigation,
            ...(cookies === '' ? {} : { cookie: cookies }),
            ...(content === undefined
              ? {}
              : {
                  'content-type': 'application/x-www-form-urlencoded',
                  'content-length': content.length,
                }),
            ...headers,
          },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => (text += chunk));
          response.on('error', reject);
          response.on('end', () => {
            this.#keep(target.hostname, response.headers['set-cookie'] ?? []);
            resolve({ url, status: response.statusCode ?? 0, headers: response.headers, text });
          });
        },
      );
      sent.on('error', reject);
      sent.end(content);
    });
  }
}

function isRedirect({ status, headers }: Page): boolean {
  return status >= 300 && status < 400 && headers.location !== undefined;
}
