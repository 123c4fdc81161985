/** Who does something: the API key of a request, and what that request is called. */
export type Actor = { readonly keyId: string; readonly name: string; readonly requestId?: string | undefined }
