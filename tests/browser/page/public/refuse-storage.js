// As in private windows of some browsers: the interface is there, and refuses.
IDBFactory.prototype.open = () => {
  throw new DOMException("The operation is insecure.", "SecurityError");
};
