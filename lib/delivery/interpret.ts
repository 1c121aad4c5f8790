import type { Clock } from '../runtime/clock.ts';
import type { Outcome } from '../salesmachine/outcome.ts';
import type { Evidence } from './evidence.ts';
import type { Gate } from './gate.ts';
import { reactions } from './reactions.ts';

/**
 * So long after something was accepted, the credential counts as good; and so long after a sign that it is not, as bad.
 */
const GOOD_MS = 5_000;
const DOUBTED_MS = 60_000;

type Ports = { gate: Gate; evidence: Evidence; clock: Clock };

/**
 * Finds out what an answer means where a ping has to tell: a 400 may be about the data or the credential, and a 404 to
 * an alias about the call or the URL. Returns undefined if the same request has to be sent again to know.
 */
export function createInterpreter(deadline: number, { gate, evidence, clock }: Ports) {
  let isAliasUnknown = false;

  async function sendPing(): Promise<'passed' | 'failed' | undefined> {
    const outcome = await gate.ping(deadline);
    if (outcome === undefined || outcome === 'throttled') return undefined;
    return outcome === 'delivered' ? 'passed' : 'failed';
  }

  /** A 400 needs no ping where something else has told lately. */
  async function interpretAmbiguous(): Promise<Outcome | undefined> {
    const now = clock.now();
    if (evidence.isCredentialGood(now - DOUBTED_MS) === false) return 'credential';
    if (evidence.isCredentialGood(now - GOOD_MS)) return 'ambiguous';
    const pinged = await sendPing();
    return pinged && (pinged === 'passed' ? 'ambiguous' : 'credential');
  }

  async function interpretAliasUnsupported(): Promise<Outcome | undefined> {
    if (isAliasUnknown) return 'alias_unsupported';
    const pinged = await sendPing();
    isAliasUnknown = pinged === 'passed';
    return pinged === 'failed' ? 'configuration' : undefined;
  }

  return async function interpret(outcome: Outcome): Promise<Outcome | undefined> {
    const { ping } = reactions[outcome];
    if (ping === 'once') return interpretAmbiguous();
    return ping === 'twice' ? interpretAliasUnsupported() : outcome;
  };
}
