import type { Advice } from '../protocol.ts';

/** What a dead letter's reason means, and what to do about it. */
export const AdviceText = ({ means, advice }: Advice) => (
  <p class="advice">
    {sentence(means)} <b>To do:</b> {advice}.
  </p>
);

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
