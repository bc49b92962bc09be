/**
 * Starts the Postgres and the Redis that specs need, prints the variables to export, and stays
 * until Ctrl-C. With them exported, single specs run without starting servers each time:
 * `npm run jest -- <pattern>`.
 */
import { readFlags } from './arguments/flags.ts';
import { startTestServices } from './embedded/test-services.ts';
import { describeFailure } from './process/setup-error.ts';
import { untilAskedToStop } from './process/stop-request.ts';

readFlags('node scripts/dev-services.ts');
try {
  const services = await startTestServices((line) => {
    console.error(line);
  });
  for (const [name, value] of Object.entries(services.env)) console.log(`export ${name}=${value}`);
  console.error(
    '\nThe services run until Ctrl-C. Paste the lines above into the shell that runs the specs.',
  );
  await untilAskedToStop();
  await services.stop();
} catch (error) {
  console.error(describeFailure(error));
  process.exitCode = 1;
}
