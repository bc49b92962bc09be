/**
 * Settles when this process is asked to end: Ctrl-C, a signal, or the end of the process that
 * started it through `scripts/bootstrap.mjs`. A second request more than two seconds after the
 * first does not wait for an orderly end: whatever runs under a watchdog ends with this process.
 * (npm passes a Ctrl-C on, so one often arrives twice.)
 */
export function untilAskedToStop(): Promise<string> {
  return new Promise((resolve) => {
    let firstAtMs: number | undefined;
    const onRequest = (reason: string): void => {
      firstAtMs ??= performance.now();
      if (performance.now() - firstAtMs > 2_000) process.exit(130);
      resolve(reason);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onRequest);
    if (process.channel) {
      process.once('disconnect', () => {
        onRequest('disconnect');
      });
      // Listening to the channel must not by itself keep this process alive.
      process.channel.unref();
    }
  });
}
