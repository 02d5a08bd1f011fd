/** How a call fails that changes the disk. */
export const CODES = ["EIO", "ENOSPC", "EROFS", "EDQUOT", "EINTR"];

/** How a call fails that reads. */
export const READ_CODES = ["EIO", "ESTALE", "EMFILE", "EACCES"];
