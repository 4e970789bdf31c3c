import Testing

@testable import HTTPFrontEnd

@Suite("Large bodies")
struct LargeBodiesTests {
    @Test
    func `there are a few permits, and each comes back with its request`() {
        let bodies = LargeBodies(atMost: 2)
        var held = [bodies.permit(), bodies.permit()]
        #expect(held.allSatisfy { $0 != nil })
        #expect(bodies.permit() == nil && bodies.permit() == nil)
        held.removeLast()
        let next = bodies.permit()
        #expect(next != nil && bodies.permit() == nil)
    }
}
