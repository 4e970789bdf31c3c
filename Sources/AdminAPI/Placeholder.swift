enum AdminAPIPlaceholder {}
