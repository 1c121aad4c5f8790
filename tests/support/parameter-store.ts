import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import * as v from 'valibot';

const requestSchema = v.object({
  Names: v.optional(v.array(v.string()), []),
  Name: v.optional(v.string()),
  Value: v.optional(v.string(), ''),
  Type: v.optional(v.string()),
  KeyId: v.optional(v.string()),
  Overwrite: v.optional(v.boolean(), false),
  WithDecryption: v.optional(v.boolean(), false),
});

/**
 * A fake SSM that knows `GetParameters` and `PutParameter`, over its real protocol. Its parameters are encrypted, and
 * given out so where no decryption is asked for.
 */
export async function startParameterStore(values: Record<string, string>) {
  let isDown = false;
  let calls = 0;
  const puts: { Type: string | undefined; KeyId: string | undefined }[] = [];
  const server = createServer(async (request, response) => {
    calls += 1;
    if (isDown) {
      request.socket.destroy();
      return;
    }
    const { Names, Name, Value, Type, KeyId, Overwrite, WithDecryption } = v.parse(
      requestSchema,
      await json(request),
    );
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    if (Name !== undefined) {
      if (Name in values && !Overwrite) {
        response.writeHead(400).end(JSON.stringify({ __type: 'ParameterAlreadyExists' }));
        return;
      }
      puts.push({ Type, KeyId });
      values[Name] = Value;
      response.end(JSON.stringify({ Version: 1 }));
      return;
    }
    const known = Names.filter((name) => name in values);
    response.end(
      JSON.stringify({
        Parameters: known.map((name) => ({ Name: name, Value: WithDecryption ? values[name] : 'AQICAH…' })),
        InvalidParameters: Names.filter((name) => !known.includes(name)),
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    set: (name: string, value: string) => {
      values[name] = value;
    },
    goDown: () => {
      isDown = true;
    },
    comeBack: () => {
      isDown = false;
    },
    calls: () => calls,
    /** How each parameter that was put is kept. */
    puts: () => puts,
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}
