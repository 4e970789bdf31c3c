package import AuthorizationServer

/// What decides whether a token that was issued is honoured still, and where that is changed.
package struct TokenLife: Sendable {
    package var board: StatusBoard
    package var denylist: Denylist
    package var denials: any DenialStore
    package var clients: any ClientStore
    package var health: StoreHealth

    package init(
        board: StatusBoard,
        denylist: Denylist,
        denials: any DenialStore,
        clients: any ClientStore,
        health: StoreHealth
    ) {
        self.board = board
        self.denylist = denylist
        self.denials = denials
        self.clients = clients
        self.health = health
    }

    /// The check with the keys of this moment.
    func check(_ state: ServiceState) -> LiveTokenCheck {
        LiveTokenCheck(
            issuer: state.issuer,
            ring: state.ring,
            board: board,
            denylist: denylist,
            notBefore: state.tokensNotBefore
        )
    }
}
