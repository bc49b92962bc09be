/**
 * Generates src/descriptor.ts: the proto file as the data that the loader reads, so that no .proto
 * file is needed at run time, neither from source nor from dist nor in an image. `node
 * packages/wire/src/descriptor-source.ts` writes it; a spec fails when it is out of date.
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const protoPath = fileURLToPath(
  new URL('../../../proto/sluice/config/v1/config_stream.proto', import.meta.url),
);

/** The path of the generated file. */
export const descriptorPath = fileURLToPath(new URL('descriptor.ts', import.meta.url));

/** Returns the text of descriptor.ts. Throws when the proto file is missing or malformed. */
export function descriptorSource(): string {
  // The same protobufjs with which the loader reads the result: the workspace may contain another
  // major version.
  const loaderRequire = createRequire(createRequire(import.meta.url).resolve('@grpc/proto-loader'));
  const { Root } = loaderRequire('protobufjs') as {
    Root: new () => { loadSync(path: string): { toJSON(): unknown } };
  };
  const json = JSON.stringify(new Root().loadSync(protoPath).toJSON(), undefined, 2);
  return [
    '// Generated from proto/sluice/config/v1/config_stream.proto by descriptor-source.ts. Do not edit.',
    '',
    `export const descriptor = ${json};`,
    '',
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(descriptorPath, descriptorSource());
