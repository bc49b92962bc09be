import { request } from 'node:http';

/** What came back over a connection made for this request alone. */
export interface FreshAnswer {
  readonly status: number;
  readonly text: string;
}

/** Sends a GET on a connection of its own, so that it may reach another process than the one before. */
export function fresh(url: string, headers: Readonly<Record<string, string>> = {}): Promise<FreshAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent: false, headers, timeout: 15_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')));
    outgoing.on('error', reject);
    outgoing.end();
  });
}
