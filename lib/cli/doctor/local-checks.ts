import * as v from 'valibot';
import { readSalesmachineSettings } from '../../config/config.ts';
import { SETTING_NAMES, settings } from '../../config/settings.ts';
import { withDeadline } from '../../runtime/deadline.ts';
import { createSalesmachine } from '../../salesmachine/client.ts';
import { pingSalesmachine } from '../../salesmachine/ping.ts';
import type { CommandContext } from '../command-context.ts';
import { diagnosePing, hasPassed, pingSchema } from '../diagnose-ping.ts';
import { relayUrl } from '../request-local-relay.ts';
import { fetchDelivery } from '../status/fetch-status.ts';
import { bad, type Check, good, warning } from './check.ts';
import { createDeliveryCheck } from './delivery-check.ts';

const MIN_NODE = 24;
const RELAY_TIMEOUT_MS = 3_000;

/** What has to hold of this machine, for `npm start` and for a deployment. */
export function createLocalChecks({ env, clock }: Pick<CommandContext, 'env' | 'clock'>): Check[] {
  return [
    {
      name: 'Node',
      run: async () => {
        const major = Number(process.versions.node.split('.')[0]);
        return major >= MIN_NODE
          ? good(process.version)
          : bad(`${process.version}: run it with npm, which brings Node ${MIN_NODE}`);
      },
    },
    {
      name: 'settings',
      run: async () => {
        const set = SETTING_NAMES.filter((name) => env[name]?.trim());
        const problems = set.flatMap((name) => {
          const schema: v.GenericSchema<string, unknown> = settings[name].schema;
          const result = v.safeParse(schema, env[name]?.trim());
          return result.success ? [] : [`${name} ${result.issues[0].message}`];
        });
        if (problems.length > 0) return bad(problems.join('; '));
        return good(
          set.length === 0
            ? 'none is set in this shell: the defaults apply'
            : `${set.join(', ')} of this shell can be used`,
        );
      },
    },
    {
      name: 'Salesmachine',
      run: async () => {
        if (!env['SALESMACHINE_API_TOKEN'] && !env['SALESMACHINE_API_SECRET']) {
          return good('no credential is set in this shell: npm start uses the fake');
        }
        const salesmachine = createSalesmachine(readSalesmachineSettings(env));
        const ping = v.parse(pingSchema, await pingSalesmachine(salesmachine, clock.now));
        if (hasPassed(ping)) return good('the credential is good');
        const { problem, advice } = diagnosePing(ping);
        return bad(`${problem}: ${advice}`);
      },
    },
    {
      name: 'relay',
      run: async () => {
        const url = relayUrl(env);
        try {
          const { status } = await withDeadline(clock, RELAY_TIMEOUT_MS, (signal) =>
            fetch(`${url}/health`, { signal }),
          );
          return status === 200
            ? good(`${url} answers`)
            : bad(`${url}/health answers ${status}: no relay of this version`);
        } catch {
          return warning(`no relay answers at ${url}: npm start runs one`);
        }
      },
    },
    createDeliveryCheck(() => fetchDelivery({}, { env, clock })),
  ];
}
