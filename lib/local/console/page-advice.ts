import type { Reason } from '../../dead-letters/reasons.ts';
import { runbook } from '../../dead-letters/runbook.ts';
import type { Advice } from './protocol.ts';

/** What the runbook says with the `relay` command, and where the page has the same. */
const PAGE_WORDS: readonly (readonly [command: string, onPage: string])[] = [
  ['relay dlq show names it', 'its journey names it'],
  [' (relay dlq show)', ''],
  ['--dry-run says so', '“Dry run” says so'],
  ['relay logs', 'in the terminal'],
  ['replay with --canary 5', 'replay five first'],
  ['replay with --canary 1', 'replay'],
  ['relay status says HELD', 'the relay is paused'],
];

/** What the runbook says of a reason, in the page's words. */
export function getPageAdvice(reason: Reason): Advice {
  const { means, advice } = runbook[reason];
  return {
    means,
    advice: PAGE_WORDS.reduce((text, [command, onPage]) => text.replaceAll(command, onPage), advice),
  };
}
