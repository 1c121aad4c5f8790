import type { Outcome } from '../salesmachine/outcome.ts';
import type { Gate } from './gate.ts';
import { reactions } from './reactions.ts';

/**
 * Finds out what an answer means where a ping has to tell: a 400 may be about the data or the credential, and a 404 to
 * an alias about the call or the URL. Returns undefined if the same request has to be sent again to know.
 */
export function createInterpreter(gate: Gate, deadline: number, credentialVerified: boolean) {
  let isCredentialGood = credentialVerified;
  let isAliasUnknown = false;

  const isConfirmed = (ping: 'once' | 'twice') => (ping === 'once' ? isCredentialGood : isAliasUnknown);

  return async function interpret(outcome: Outcome): Promise<Outcome | undefined> {
    const { ping } = reactions[outcome];
    if (ping === undefined || isConfirmed(ping)) return outcome;
    const pinged = await gate.ping(deadline);
    if (pinged === undefined || pinged === 'throttled') return undefined;
    if (pinged !== 'delivered') return ping === 'once' ? 'credential' : 'configuration';
    if (ping === 'once') isCredentialGood = true;
    else isAliasUnknown = true;
    return ping === 'once' ? outcome : undefined;
  };
}
