import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { post } from '../app/api.ts';
import { usePageSearch } from '../app/page-search.ts';
import { Done } from '../app/schemas.ts';
import { Failure } from '../parts/parts.tsx';

function useSubmit(path: string) {
  const navigate = useNavigate();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const submit = async (body: unknown): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      await post(path, Done, body);
      await navigate({ to: '/' });
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return { error, busy, submit };
}

const field = (event: FormEvent<HTMLFormElement>, name: string): string =>
  String(new FormData(event.currentTarget).get(name) ?? '');

export function SignInPage() {
  const { error, busy, submit } = useSubmit('/v1/session');
  return (
    <main className="d-card d-centre">
      <h1>Sign in to Demarc</h1>
      <form
        className="d-stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit({ email: field(event, 'email'), password: field(event, 'password') });
        }}
      >
        <TextInput name="email" type="email" label="E-mail" autoComplete="username" required />
        <PasswordInput name="password" label="Password" autoComplete="current-password" required />
        {error === undefined ? null : <Failure error={error} />}
        <Button type="submit" loading={busy} mt="sm">
          Sign in
        </Button>
      </form>
    </main>
  );
}

export function FirstPage() {
  const { search } = usePageSearch();
  const { error, busy, submit } = useSubmit('/v1/session/first');
  return (
    <main className="d-card d-centre">
      <h1>The first administrator</h1>
      <p className="d-quiet">
        This link works once. The account made here runs the platform for the provider.
      </p>
      <form
        className="d-stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit({
            token: search['token'] ?? '',
            name: field(event, 'name'),
            email: field(event, 'email'),
            password: field(event, 'password'),
          });
        }}
      >
        <TextInput name="name" label="Name" autoComplete="name" required />
        <TextInput name="email" type="email" label="E-mail" autoComplete="username" required />
        <PasswordInput
          name="password"
          label="Password"
          description="At least 12 characters; a few words that do not belong together"
          autoComplete="new-password"
          required
        />
        {error === undefined ? null : <Failure error={error} />}
        <Button type="submit" loading={busy} mt="sm">
          Create the account
        </Button>
      </form>
    </main>
  );
}
