import { ALSO_GLOBALLY, SessionStoreError } from "./errors.ts";

/** `PEER_MISSING`: an adapter was used, but the framework that it is for is not installed. */
export class PeerMissingError extends SessionStoreError {
  override readonly name = "PeerMissingError";

  constructor(packageName: string, options?: ErrorOptions) {
    super(
      "PEER_MISSING",
      `This adapter needs ${packageName}, which is not installed. Install it: npm install ${packageName} ${ALSO_GLOBALLY}`,
      options,
    );
  }
}

/** `PEER_VERSION`: the framework that an adapter is for is installed in a version that the adapter does not work with. */
export class PeerVersionError extends SessionStoreError {
  override readonly name = "PeerVersionError";
  /** The version that is installed. */
  readonly installed: string;

  /** @param range from the lowest version that works to below the first that is not known to. */
  constructor(
    packageName: string,
    installed: string,
    { from, below }: { readonly from: string; readonly below: string },
    options?: ErrorOptions,
  ) {
    super(
      "PEER_VERSION",
      `This adapter works with ${packageName} from ${from} to below ${below}, but ${installed} is installed. ` +
        `Install one that works: npm install "${packageName}@>=${from} <${below}" ${ALSO_GLOBALLY}`,
      options,
    );
    this.installed = installed;
  }
}
