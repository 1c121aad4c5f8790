import type { Signal } from '@preact/signals';

type Props = { label: string; placeholder: string; value: Signal<string> };

export const SearchField = ({ label, placeholder, value }: Props) => (
  <input
    type="search"
    aria-label={label}
    placeholder={placeholder}
    value={value}
    onInput={({ currentTarget }) => {
      value.value = currentTarget.value;
    }}
  />
);
