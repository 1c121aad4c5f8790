import { type Signal, useSignal } from '@preact/signals';
import { setFaults } from './relay-api.ts';
import { snapshot } from './store.ts';

type Fault = Record<string, unknown>;

type Inputs = { attribute: string; requests: number; status: number };

type FaultSwitch = {
  name: string;
  note: string;
  /** Of the inputs, the one that it needs. */
  input?: keyof Inputs;
  /** Whether "which calls" and "how many" apply. */
  isScoped: boolean;
  make(inputs: Inputs): Fault;
  matches(fault: Fault): boolean;
};

const KNOWN_STATUSES: readonly unknown[] = [401, 422, 429, 500];

const statusSwitch = (name: string, note: string, status: number): FaultSwitch => ({
  name,
  note,
  isScoped: true,
  make: () => ({ fault: 'status', status }),
  matches: (fault) => fault['fault'] === 'status' && fault['status'] === status,
});

const kindSwitch = (name: string, note: string, kind: string): FaultSwitch => ({
  name,
  note,
  isScoped: true,
  make: () => ({ fault: kind }),
  matches: ({ fault }) => fault === kind,
});

const SWITCHES: readonly FaultSwitch[] = [
  statusSwitch('Server error', '500', 500),
  statusSwitch('Credential refused', '401', 401),
  statusSwitch('Over the quota', '429', 429),
  statusSwitch('Refuses everything', '422', 422),
  {
    name: 'Refuses an attribute',
    note: '',
    input: 'attribute',
    isScoped: false,
    make: ({ attribute }) => ({ fault: 'reject', attribute }),
    matches: ({ fault }) => fault === 'reject',
  },
  kindSwitch('Firewall', '403 for <script', 'firewall'),
  kindSwitch('Down', 'cuts connections', 'down'),
  kindSwitch('Hangs', 'never answers', 'hang'),
  kindSwitch('Slow', '3 s', 'slow'),
  {
    name: 'Smaller quota',
    note: '/ min',
    input: 'requests',
    isScoped: false,
    make: ({ requests }) => ({ fault: 'quota', requests, windowSeconds: 60 }),
    matches: ({ fault }) => fault === 'quota',
  },
  {
    name: 'Another status',
    note: '',
    input: 'status',
    isScoped: true,
    make: ({ status }) => ({ fault: 'status', status }),
    matches: ({ fault, status }) => fault === 'status' && !KNOWN_STATUSES.includes(status),
  },
];

const isFault = (value: unknown): value is Fault => typeof value === 'object' && value !== null;

/** Switches for the fake Salesmachine's faults. */
export function BreakPanel() {
  const scope = useSignal('everything');
  const share = useSignal(1);
  const inputs = useSignal<Inputs>({ attribute: 'coupon', requests: 20, status: 503 });
  const problem = useSignal('');
  const current = snapshot.value;
  const faults = (current?.faults ?? []).filter(isFault);

  const apply = async (next: readonly Fault[]) => {
    try {
      await setFaults(next);
      problem.value = '';
    } catch (error) {
      problem.value = error instanceof Error ? error.message : 'The relay does not answer.';
    }
  };
  const toggle = (each: FaultSwitch) => {
    const others = faults.filter((fault) => !each.matches(fault));
    if (others.length < faults.length) return apply(others);
    const scoped = each.isScoped ? { on: scope.value, share: share.value } : {};
    return apply([...others, { ...each.make(inputs.value), ...scoped }]);
  };

  if (current && current.holdings === null) {
    return (
      <section class="card" aria-labelledby="break">
        <h2 id="break">Break it</h2>
        <p class="empty">
          The relay sends to a Salesmachine elsewhere (SALESMACHINE_URL). Start it without that setting to
          practise with the fake.
        </p>
      </section>
    );
  }
  return (
    <section class="card" aria-labelledby="break">
      <h2 id="break">
        Break it <span>Salesmachine’s side, a fake</span>
      </h2>
      <p class="sub intro">
        Each switch makes Salesmachine fail in its own way. The relay pauses or works around it, loses
        nothing, and catches up.
      </p>
      <div class="scope">
        <Choice
          label="Which calls"
          value={scope}
          options={[
            ['everything', 'all calls'],
            ['batch', 'batches only'],
          ]}
        />
        <Choice
          label="Share"
          value={share}
          options={[
            [1, 'every one'],
            [0.5, 'half'],
            [0.1, 'a tenth'],
          ]}
        />
      </div>
      <ul class="switches">
        {SWITCHES.map((each) => (
          <li key={each.name}>
            <button
              type="button"
              role="switch"
              aria-checked={faults.some(each.matches)}
              onClick={() => toggle(each)}
            >
              <i aria-hidden="true" />
              {each.name}
            </button>
            {each.input && <Input name={each.input} label={each.name} inputs={inputs} />}
            <span>{each.note}</span>
          </li>
        ))}
      </ul>
      {problem.value && (
        <p class="report bad" role="alert">
          {problem}
        </p>
      )}
      <button type="button" class="primary" disabled={faults.length === 0} onClick={() => apply([])}>
        Fix everything
      </button>
    </section>
  );
}

type ChoiceProps<T> = { label: string; value: Signal<T>; options: readonly (readonly [T, string])[] };

function Choice<T extends string | number>({ label, value, options }: ChoiceProps<T>) {
  return (
    <label>
      {label}{' '}
      <select
        onChange={({ currentTarget }) => {
          const chosen = options[currentTarget.selectedIndex];
          if (chosen) value.value = chosen[0];
        }}
      >
        {options.map(([option, text]) => (
          <option key={text} selected={option === value.value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

function Input({ name, label, inputs }: { name: keyof Inputs; label: string; inputs: Signal<Inputs> }) {
  const value = inputs.value[name];
  const set = (next: string | number) => {
    inputs.value = { ...inputs.value, [name]: next };
  };
  const labelText = `${label}: ${name}`;
  return typeof value === 'number' ? (
    <input
      type="number"
      aria-label={labelText}
      value={value}
      onInput={({ currentTarget }) => set(currentTarget.valueAsNumber)}
    />
  ) : (
    <input
      type="text"
      aria-label={labelText}
      value={value}
      onInput={({ currentTarget }) => set(currentTarget.value)}
    />
  );
}
