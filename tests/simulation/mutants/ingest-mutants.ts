import { SendMessageBatchCommand, type SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs';
import { editSource, type Mutant, replaceText, type Wrap, wrapRelay } from './mutant.ts';
import { onIngestSqs } from './wrappers.ts';

/** The ingest sends other entries than it means to. */
const onEntries = (change: (entry: SendMessageBatchRequestEntry) => SendMessageBatchRequestEntry): Wrap =>
  onIngestSqs((command, next) => {
    if (!(command instanceof SendMessageBatchCommand)) return next();
    const { Entries = [], ...input } = command.input;
    return next(new SendMessageBatchCommand({ ...input, Entries: Entries.map(change) }));
  });

/** Bugs between Segment and the queue. */
export const ingestMutants: readonly Mutant[] = [
  wrapRelay('the ingest answers 200 when the queue has not taken the events in time', 'mixed', (relay) => ({
    ...relay,
    createIngest: (ports) => {
      const ingest = relay.createIngest(ports);
      return async (...call) => {
        const response = await ingest(...call);
        return response.statusCode === 503 ? { ...response, statusCode: 200 } : response;
      };
    },
  })),
  wrapRelay(
    'the ingest takes all entries of a call for confirmed though some failed',
    'mixed',
    onIngestSqs(async (command, next) => {
      const response = await next();
      if (!(command instanceof SendMessageBatchCommand)) return response;
      const Successful = command.input.Entries?.map(({ Id }) => ({ Id, MessageId: 'unconfirmed' }));
      return { ...response, Successful, Failed: [] };
    }),
  ),
  wrapRelay("Segment's second try of an event gets a deduplication id of its own", 'mixed', (relay) => ({
    ...relay,
    createIngest: (ports) => {
      let calls = 0;
      const rename = onEntries((entry) => ({
        ...entry,
        MessageDeduplicationId: `${entry.MessageDeduplicationId}-${calls}`,
      }));
      const ingest = rename(relay).createIngest(ports);
      return (...call) => {
        calls += 1;
        return ingest(...call);
      };
    },
  })),
  wrapRelay(
    'events are grouped by themselves instead of by user',
    'mixed',
    onEntries((entry) => ({ ...entry, MessageGroupId: entry.MessageDeduplicationId })),
  ),
  {
    ...editSource(
      'an entry that failed is sent again after the later ones of its group',
      'mixed',
      replaceText(
        'lib/sqs/send-messages.ts',
        'const left = [...failed, ...waiting.slice(slice.length)];',
        'const left = [...waiting.slice(slice.length), ...failed];',
      ),
    ),
    seed: 7,
  },
];
