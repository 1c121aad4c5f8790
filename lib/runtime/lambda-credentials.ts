type AwsCredentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

/**
 * The credentials of the function's role, as Lambda gives them. Source: Lambda's documentation of its environment
 * variables.
 */
export function getLambdaCredentials(): AwsCredentials {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = process.env;
  if (!accessKeyId || !secretAccessKey)
    throw new Error('The environment has no AWS credentials: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY');
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

/**
 * In the functions' bundles this file stands for `@aws-sdk/credential-provider-node`, whose other ways to find
 * credentials (profiles, SSO, instance metadata, each with a client of its own) are a third of a bundle.
 */
export const defaultProvider = () => async () => getLambdaCredentials();
